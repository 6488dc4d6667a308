-- A node reads its inbox, and is told what all are told.
--
-- KEYS 1 the readers: a zset node → when it said so last, in ms.
-- ARGV 2 node, 3 how long one that says nothing is remembered, in ms. Answers 1; again: the same. Cost O(log n).
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[3]))
return 1
