-- What the scripts of calls share.
--
-- KEYS 1 one call: a hash of st(age: o offered, l live, x over), u(ntil, in ms), r(ecord: what never changes, as
-- src/cluster/record.rs writes it), o and a: the nodes of offerer and answerer; m: how often
-- these have changed; e: the call of `end` that ended it.
local function load()
  local values = redis.call('HMGET', KEYS[1], 'st', 'u', 'r', 'o', 'a', 'e', 'm')
  if not values[1] or tonumber(values[2]) <= now then return nil end
  return { st = values[1], r = values[3], o = values[4], a = values[5], e = values[6], m = values[7] or '0' }
end

local function set(life, ...)
  redis.call('HSET', KEYS[1], 'u', now + tonumber(life), ...)
  redis.call('PEXPIRE', KEYS[1], life)
end
