-- Takes a device out of this partition, since it joins in another, and tells what is remembered of it.
--
-- ARGV 5 device.
-- Answers {} or its last meeting {m, p, j, v, c}, for `join` there. Again: the same. Cost O(log n).
local function answer()
  local it = load(ARGV[5])
  if it.s ~= 'i' then
    if it.s == 'w' then take(it) end
    it.s = 'i'
    save(it)
  end
  if not it.m or it.v <= now then return {} end
  -- Each partition has a time of its own; what they share is the wall clock.
  return { it.m, it.p, it.j, wall + it.v - now, it.c }
end
