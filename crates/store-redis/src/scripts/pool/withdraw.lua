-- Takes out the ticket of a connection that went away; its place is kept for the grace.
--
-- ARGV 5 ticket, 6 device.
-- Answers 1 when it was waiting, else 0: also when it is asked again. Cost O(log n).
local function answer()
  local it = load(ARGV[6])
  if it.s ~= 'w' or it.t ~= ARGV[5] then return 0 end
  take(it)
  put_aside(it)
  return 1
end
