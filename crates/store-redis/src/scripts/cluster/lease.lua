-- What the lease scripts share. All keys begin with KEYS[1], which holds the hash tag.
--   :beat    hash  node → its last beat, in ms: the living
--   :since   hash  node → when its lease began, in ms
--   :steady  hash  node → since when it has beaten without a break, in ms
--   :dead    zset  node → when it was declared dead, in ms
--   :reap    hash  node → until when somebody reaps it, in ms: the dead that are not reaped yet
local BEAT, SINCE, STEADY = KEYS[1] .. ':beat', KEYS[1] .. ':since', KEYS[1] .. ':steady'
local DEAD, REAP = KEYS[1] .. ':dead', KEYS[1] .. ':reap'

local function is_dead(node) return redis.call('ZSCORE', DEAD, node) ~= false end

local function bury(node)
  for _, key in ipairs({ BEAT, SINCE, STEADY }) do redis.call('HDEL', key, node) end
  if not is_dead(node) then
    redis.call('ZADD', DEAD, now, node)
    redis.call('HSET', REAP, node, now)
  end
end
