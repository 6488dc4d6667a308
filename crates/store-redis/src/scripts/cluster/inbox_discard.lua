-- Empties the inbox of a node that is gone for good. It stays for a while, so that a late parcel vanishes with it.
--
-- KEYS 1 the inbox: a stream. ARGV 2 how long it stays, in ms. Answers 1; again: the same. Cost O(what it held).
redis.call('XADD', KEYS[1], 'MAXLEN', 0, '*', 'p', '')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
