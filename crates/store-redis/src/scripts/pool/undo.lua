-- Undoes a pairing that could not be told to both.
--
-- ARGV 5 the two tickets, `first:second`; 6 the surviving ticket or empty; 7 an id of this very call.
-- Answers false, or what `join` answers, for the survivor. Again with the same id: the same answer; with another: false.
-- Cost O(log n), and what `join` costs for the survivor.
local function answer()
  local id, survivor, call = ARGV[5], ARGV[6], ARGV[7]
  local meeting = record(id)
  if not meeting then return false end

  if meeting.x then
    if meeting.x ~= call then return false end
    for _, side in ipairs({ meeting.a, meeting.b }) do
      if side.t == survivor then
        local it = load(side.d)
        if it.s == 'w' and it.t == survivor then return place(it) end
        return met(it, survivor) or false
      end
    end
    return false
  end

  local sides = {}
  for at, side in ipairs({ meeting.a, meeting.b }) do
    sides[at] = { side = side, it = load(side.d) }
    sides[at].latest = sides[at].it.m == id
  end
  if meeting.u <= now or not (sides[1].latest or sides[2].latest) then return false end
  meeting.x = call
  redis.call('SET', record_name(id), cmsgpack.pack(meeting), 'KEEPTTL')

  -- The newest meeting before this one that was not undone itself.
  local function standing(side)
    while side.m do
      local before = record(side.m)
      if not (before and before.x) then return side end
      side = before.a.d == side.d and before.a or before.b
    end
    return side
  end

  -- Gives a device that has joined anew its earlier place, if it asks for the same as then.
  local function bring_forward(it, earlier)
    local sooner = same_criteria(it, earlier) and earlier.k < it.k
    if sooner then it.k = earlier.k end
    save(it)
    if it.s == 'w' then
      if sooner then
        redis.call('ZADD', base .. ':l:' .. it.l, it.k, it.d)
        redis.call('ZADD', region_queue(it, it.r), it.k, it.d)
      end
      wake_at(it, now)
    end
  end

  local returning
  for _, each in ipairs(sides) do
    if each.latest then
      local it, side, before = each.it, each.side, standing(each.side)
      it.had_met = true
      it.m, it.p, it.j, it.v = before.m, before.p, before.j, before.v
      if it.s ~= 'i' then
        bring_forward(it, side)
      else
        it.t, it.o, it.l, it.r, it.k = side.t, side.o, side.l, side.r, side.k
        if side.t == survivor then returning = it else put_aside(it) end
      end
    end
  end
  -- Last, so that it may meet the other again if that has joined anew.
  return returning and enter(returning) or false
end
