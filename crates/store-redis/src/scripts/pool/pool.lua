-- What the scripts of the match pool share: put before each of them, which defines `answer`, and end.lua after it.
--
-- One partition of the pool lies in one slot: all its keys begin with KEYS[1], which holds the hash tag.
--   :t              hash   the clock (w: the wall's reading, n: the pool's time, k: the last key given) and c: how many wait
--   :d:<device>     hash   one device, see `fields`; expires when nothing about it needs remembering
--   :l:<language>   zset   device → key: all that wait with a language
--   :r:<l>:<region> zset   device → key: those of them with a region, `global` included
--   :n:<node>       hash   device → ticket: those that wait for a node
--   :w              zset   device → ms: when to look again for somebody whom time makes compatible
--   :m:<t>:<t>      string two tickets that met: the answer, and what an undo restores; kept RECORD ms at most
-- Times are in ms of the pool's own time, which follows the wall clock forward and never steps back. A key says since
-- when somebody waits, in µs, and is never given twice: smaller has waited longer.
--
-- ARGV of every script: 1 the wall clock in ms, or empty: Redis tells the time; 2 rematch_after, 3 grace, 4 remember_for,
-- in ms; its own from 5 on.

local base = KEYS[1]
local REMATCH, GRACE, REMEMBER = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
-- How many newer meetings of a device make the older ones forgotten.
local NEWER = 64
-- A reading this far behind the latest lost a race; further behind, the clock was set back. No reading leaps further than a day.
local RACE, LEAP = 1000, 86400000
-- How long a meeting can be undone and asked for again, and how much longer than needed a key lives.
local RECORD, SLACK = 60000, 10000
local CHUNK = 8

-- The fields of a device: s(tate: w waiting, k kept place, i idle), t(icket), o(wner: node), l(anguage), r(egion), k(ey), u(ntil when
-- the place is kept); the last meeting that was not undone: m(eeting), p(artner), j (which of the partner's meetings it
-- was), v (until when it is remembered); c(ount of its meetings).
local fields = { 's', 't', 'o', 'l', 'r', 'k', 'u', 'm', 'p', 'j', 'v', 'c' }

local wall, now, last, waiting

local function begin()
  wall = tonumber(ARGV[1])
  if not wall then
    local time = redis.call('TIME')
    wall = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  local clock = redis.call('HMGET', base .. ':t', 'w', 'n', 'k', 'c')
  local before = tonumber(clock[1]) or wall
  now, last, waiting = tonumber(clock[2]) or wall, tonumber(clock[3]) or 0, tonumber(clock[4]) or 0
  if wall >= before then
    now = now + math.min(wall - before, LEAP)
  elseif before - wall <= RACE then
    wall = before
  end
end

local function finish()
  redis.call('HSET', base .. ':t', 'w', wall, 'n', now, 'k', last, 'c', waiting)
end

local function since(key)
  return math.max(0, wall - now + math.floor(key / 1000))
end

local function load(device)
  local values = redis.call('HMGET', base .. ':d:' .. device, unpack(fields))
  local it = { d = device }
  for at, field in ipairs(fields) do it[field] = values[at] or nil end
  it.s = it.s or 'i'
  it.k, it.u, it.j, it.v = tonumber(it.k), tonumber(it.u), tonumber(it.j), tonumber(it.v)
  it.c = tonumber(it.c) or 0
  if it.s == 'k' and it.u <= now then it.s = 'i' end
  return it
end

-- Writes what is true of a device; forgets it when it is idle and has met nobody.
local function save(it)
  local name = base .. ':d:' .. it.d
  if it.s == 'i' and not it.m then
    redis.call('DEL', name)
    return
  end
  local values = { 's', it.s, 'c', it.c }
  local function add(field, value)
    values[#values + 1] = field
    values[#values + 1] = value
  end
  if it.s ~= 'i' then
    for _, field in ipairs({ 't', 'o', 'l', 'r', 'k' }) do add(field, it[field]) end
  end
  if it.s == 'k' then add('u', it.u) end
  if it.m then
    for _, field in ipairs({ 'm', 'p', 'j', 'v' }) do add(field, it[field]) end
  elseif it.had_met then
    redis.call('HDEL', name, 'm', 'p', 'j', 'v')
  end
  redis.call('HSET', name, unpack(values))
  if it.s == 'w' then
    redis.call('PERSIST', name)
  else
    local keep = it.m and math.max(0, it.v - now) or 0
    if it.s == 'k' then keep = math.max(keep, it.u - now) end
    redis.call('PEXPIRE', name, keep + SLACK)
  end
end

local function region_queue(it, region) return base .. ':r:' .. it.l .. ':' .. region end
local function same_criteria(a, b) return a.l == b.l and a.r == b.r end

-- Takes a waiting device out of the queue; the caller says what it is then.
local function take(it)
  redis.call('ZREM', base .. ':l:' .. it.l, it.d)
  redis.call('ZREM', region_queue(it, it.r), it.d)
  redis.call('ZREM', base .. ':w', it.d)
  redis.call('HDEL', base .. ':n:' .. it.o, it.d)
  waiting = waiting - 1
  it.s = 'i'
end

local function put_aside(it)
  it.s, it.u = 'k', now + GRACE
  save(it)
end

-- From when on two may meet: 0 when nothing keeps them apart. See `compatible` in the crate matchmaking.
local function meet_from(a, b)
  local forgotten = 0
  if a.p == b.d and b.c - a.j < NEWER then forgotten = math.max(forgotten, a.v) end
  if b.p == a.d and a.c - b.j < NEWER then forgotten = math.max(forgotten, b.v) end
  if forgotten == 0 then return 0 end
  return math.min(forgotten, math.floor(math.max(a.k, b.k) / 1000) + REMATCH)
end

-- The first of a queue that may meet `it`, and from when on another may.
local function first(queue, it)
  local from, wake = 0, nil
  while true do
    local devices = redis.call('ZRANGE', queue, from, from + CHUNK - 1)
    for _, device in ipairs(devices) do
      if device ~= it.d then
        local other = load(device)
        local instant = meet_from(it, other)
        if instant <= now then return other, wake end
        wake = math.min(wake or instant, instant)
      end
    end
    if #devices < CHUNK then return nil, wake end
    from = from + CHUNK
  end
end

-- The longest-waiting compatible one, or nil and perhaps an instant from which on there is one.
local function seek(it)
  if it.r == 'global' then return first(base .. ':l:' .. it.l, it) end
  local near, wake = first(region_queue(it, it.r), it)
  local anywhere, later = first(region_queue(it, 'global'), it)
  if near and anywhere then return near.k < anywhere.k and near or anywhere end
  if wake and later then wake = math.min(wake, later) end
  return near or anywhere, wake or later
end

local function record_name(id) return base .. ':m:' .. id end

local function record(id)
  local packed = redis.call('GET', record_name(id))
  return packed and cmsgpack.unpack(packed)
end

local function waiter(side) return { side.t, side.d, side.r, side.l, side.o, since(side.k) } end
local function matched(meeting) return { 1, waiter(meeting.a), waiter(meeting.b) } end

-- Pairs two that are out of the queue, and writes it down.
local function pair(one, other)
  local a, b = one, other
  if other.k < one.k then a, b = other, one end
  local id, ends = a.t .. ':' .. b.t, now + REMEMBER
  local function side(it)
    return { d = it.d, t = it.t, o = it.o, l = it.l, r = it.r, k = it.k, m = it.m, p = it.p, j = it.j, v = it.v }
  end
  local meeting = { a = side(a), b = side(b), u = ends }
  redis.call('SET', record_name(id), cmsgpack.pack(meeting), 'PX', math.min(REMEMBER, RECORD) + SLACK)
  a.c, b.c = a.c + 1, b.c + 1
  for it, partner in pairs({ [a] = b, [b] = a }) do
    it.s, it.m, it.p, it.j, it.v = 'i', id, partner.d, partner.c, ends
    save(it)
  end
  return meeting
end

local function wake_at(it, instant)
  redis.call('ZADD', base .. ':w', 'LT', instant, it.d)
end

local function place(it)
  return { 0, redis.call('ZRANK', base .. ':l:' .. it.l, it.d) + 1, since(it.k) }
end

-- Pairs one that is out of the queue with the longest-waiting compatible one, or lets it wait.
local function enter(it)
  local partner, wake = seek(it)
  if partner then
    take(partner)
    return matched(pair(it, partner))
  end
  it.s = 'w'
  save(it)
  redis.call('ZADD', base .. ':l:' .. it.l, it.k, it.d)
  redis.call('ZADD', region_queue(it, it.r), it.k, it.d)
  redis.call('HSET', base .. ':n:' .. it.o, it.d, it.t)
  if wake then wake_at(it, wake) end
  waiting = waiting + 1
  return place(it)
end

-- The pairing that one of these tickets came to last, if it can still be told.
local function met(it, ticket)
  if not (it.m and string.find(it.m, ticket, 1, true)) then return nil end
  local meeting = record(it.m)
  return meeting and not meeting.x and matched(meeting) or nil
end
