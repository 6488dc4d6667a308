-- Takes an offer back. ARGV 2 how long to remember, in ms. Answers 1, or 0 when it is live; again: the same. Cost O(1).
local it = load()
if it and it.st == 'l' then return 0 end
redis.call('DEL', KEYS[1])
set(ARGV[2], 'st', 'x')
return 1
