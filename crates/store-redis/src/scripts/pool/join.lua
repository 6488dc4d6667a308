-- Meets the longest-waiting compatible ticket, or waits.
--
-- ARGV 5 ticket, 6 device, 7 region, 8 language, 9 node; 10 to 14, optional: the last meeting that another partition knew
-- (m, p, j, v, c as in `fields`).
-- Answers {0, position, since} or {1, first, second}, each {ticket, device, region, language, node, since}.
-- Again with the same ticket: the same answer, as long as the pairing is on record.
-- Cost O(log n), and O(1) more for each one passed over: at most 65, the last partners.
local function answer()
  local ticket = ARGV[5]
  local it = load(ARGV[6])

  if it.s == 'w' and it.t == ticket then return place(it) end
  local again = met(it, ticket)
  if again then return again end

  local asked = { l = ARGV[8], r = ARGV[7] }
  local key
  if it.s ~= 'i' and same_criteria(it, asked) then key = it.k end
  if it.s == 'w' then take(it) end
  if not key then
    key = math.max(last + 1, now * 1000)
    last = key
  end
  local until_then = ARGV[13] and tonumber(ARGV[13]) - wall + now
  if until_then and not (it.m and it.v >= until_then) then
    it.m, it.p, it.j, it.v = ARGV[10], ARGV[11], tonumber(ARGV[12]), until_then
    it.c = math.max(it.c, tonumber(ARGV[14]))
  end
  it.t, it.r, it.l, it.o, it.k = ticket, asked.r, asked.l, ARGV[9], key
  return enter(it)
end
