-- The present, in ms: ARGV 1, or what Redis tells when that is empty. Put before each script of this folder.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
