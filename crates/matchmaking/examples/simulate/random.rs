/// xorshift64*: the same numbers for the same seed, everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Evenly between 0 and 1.
    pub(crate) fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.draw() >> 32).unwrap_or(0);
        (f64::from(bits) + 0.5) / 4_294_967_296.0
    }

    /// How long until something happens that happens after `mean` ms on average, without memory.
    pub(crate) fn delay(&mut self, mean: f64) -> u64 {
        std::time::Duration::from_secs_f64(-self.unit().ln() * mean / 1_000.0)
            .as_millis()
            .try_into()
            .unwrap_or(0)
    }

    /// One of these, by weight.
    pub(crate) fn pick(&mut self, weighted: &[(&str, f64)]) -> usize {
        let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mut left = self.unit() * total;
        weighted
            .iter()
            .position(|(_, weight)| {
                left -= weight;
                left <= 0.0
            })
            .unwrap_or(0)
    }
}
