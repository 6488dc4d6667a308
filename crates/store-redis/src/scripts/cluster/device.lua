-- What the directory's scripts share.
--
-- KEYS 1 one device: a hash of n(ode), c(onnection), s(ession, or empty), t: when it connected, and u(ntil), in ms; and the
-- place it had last at another node: pn, pc, or empty.
local function load()
  local values = redis.call('HMGET', KEYS[1], 'n', 'c', 's', 'u', 'pn', 'pc', 't')
  if not values[1] or tonumber(values[4]) <= now then return nil end
  local t = tonumber(values[7] or 0)
  return { n = values[1], c = values[2], s = values[3], u = tonumber(values[4]), pn = values[5], pc = values[6], t = t }
end

local function save(it)
  redis.call('HSET', KEYS[1], 'n', it.n, 'c', it.c, 's', it.s, 'u', it.u, 'pn', it.pn, 'pc', it.pc, 't', it.t)
  redis.call('PEXPIRE', KEYS[1], math.max(1, it.u - now))
end
