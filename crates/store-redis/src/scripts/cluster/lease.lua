-- What the lease scripts share. All keys begin with KEYS[1], which holds the hash tag.
--   :beat    hash  node → its last beat, in ms: the living
--   :steady  hash  node → since when it has beaten without a break, in ms
--   :dead    zset  node → when it was declared dead, in ms
--   :reap    hash  node → until when somebody reaps it, in ms: the dead that are not reaped yet
local BEAT, STEADY, DEAD, REAP = KEYS[1] .. ':beat', KEYS[1] .. ':steady', KEYS[1] .. ':dead', KEYS[1] .. ':reap'

local function is_dead(node) return redis.call('ZSCORE', DEAD, node) ~= false end

local function bury(node)
  redis.call('HDEL', BEAT, node)
  redis.call('HDEL', STEADY, node)
  if not is_dead(node) then
    redis.call('ZADD', DEAD, now, node)
    redis.call('HSET', REAP, node, now)
  end
end
