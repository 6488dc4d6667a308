-- A dead node has been reaped. ARGV 2 the dead. Answers 1; again: the same. Cost O(1).
redis.call('HDEL', REAP, ARGV[2])
return 1
