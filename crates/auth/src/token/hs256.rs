//! HMAC-SHA256 by `ring` for `jsonwebtoken`, and no other algorithm.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
};
use ring::hmac;
use signature::{Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| signer(*algorithm, key),
    verifier_factory: |algorithm, key| verifier(*algorithm, key),
    // Keys are secrets, never JWKs.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes `jsonwebtoken` use this implementation, unless one was chosen before (by an earlier call, or by the program
/// around us): that one signs HS256 as well.
pub(super) fn install() {
    let _chosen_before = PROVIDER.install_default();
}

struct Hs256(hmac::Key);

fn signer(algorithm: Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    check(algorithm, key.family())?;
    Ok(Box::new(Hs256::new(key.as_bytes())))
}

fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    check(algorithm, key.family())?;
    Ok(Box::new(Hs256::new(key.try_get_as_bytes()?)))
}

fn check(algorithm: Algorithm, family: AlgorithmFamily) -> Result<()> {
    if algorithm == Algorithm::HS256 && family == AlgorithmFamily::Hmac {
        Ok(())
    } else {
        Err(ErrorKind::InvalidAlgorithm.into())
    }
}

impl Hs256 {
    fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        // In constant time.
        hmac::verify(&self.0, message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
