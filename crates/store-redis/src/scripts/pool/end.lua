-- Runs what a script of the match pool calls `answer`; put after each of them.
begin()
local answered = answer()
finish()
return answered
