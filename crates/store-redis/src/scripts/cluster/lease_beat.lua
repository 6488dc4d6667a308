-- Renews the lease of a node and looks at the others.
--
-- ARGV 2 node, 3 how long a lease lasts, 4 how long a reaper has, 5 how long the dead are remembered, 6 the longest time
-- between two beats without a break; in ms.
-- Answers {since, the living, the dead, those to reap, the time in ms}: since is when its lease began, in ms, and 0 when
-- that is lost. Again: the same, but nobody to reap; another is asked when the reaper has had its time. Cost O(nodes).
local node, LEASE, REAP_FOR, REMEMBER = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local GOOD_TIME = tonumber(ARGV[6])

local forgotten = redis.call('ZRANGE', DEAD, '-inf', now - REMEMBER, 'BYSCORE')
for _, dead in ipairs(forgotten) do
  redis.call('ZREM', DEAD, dead)
  redis.call('HDEL', REAP, dead)
end

local since, steady = '0', nil
if not is_dead(node) then
  local before = tonumber(redis.call('HGET', BEAT, node) or nil)
  steady = tonumber(redis.call('HGET', STEADY, node) or nil)
  if not (before and steady and now - before <= GOOD_TIME) then steady = now end
  redis.call('HSET', BEAT, node, now)
  redis.call('HSET', STEADY, node, steady)
  redis.call('HSETNX', SINCE, node, now)
  since = redis.call('HGET', SINCE, node)
end

local alive, beats = {}, redis.call('HGETALL', BEAT)
for at = 1, #beats, 2 do
  local other, beat = beats[at], tonumber(beats[at + 1])
  -- One that was away itself, or whose Redis was, does not judge.
  if steady and now - steady >= LEASE and now - beat >= LEASE then
    bury(other)
  elseif other ~= node then
    alive[#alive + 1] = other
  end
end

local reap = {}
if steady then
  local waiting = redis.call('HGETALL', REAP)
  for at = 1, #waiting, 2 do
    if tonumber(waiting[at + 1]) <= now then
      redis.call('HSET', REAP, waiting[at], now + REAP_FOR)
      reap[#reap + 1] = waiting[at]
    end
  end
end
return { tonumber(since), alive, redis.call('ZRANGE', DEAD, 0, -1), reap, now }
