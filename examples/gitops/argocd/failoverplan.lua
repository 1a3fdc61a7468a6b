-- What Argo CD says of a FailoverPlan. A run that waits for people, or that people paused, fails no pipeline.

-- Not reached yet, and nothing to fix.
local waiting = {AwaitingApproval = true, FreezeWindow = true, RateExceeded = true, TooSoon = true, Paused = true}

local function says(status, condition)
  return {status = status, message = condition.reason .. ": " .. condition.message}
end

local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "Firebreak has not looked at this spec yet"}
end

local is = {}
for _, condition in ipairs(status.conditions) do
  is[condition.type] = condition
end
local function holds(kind)
  return is[kind] ~= nil and is[kind].status == "True"
end

if is.Ready == nil then
  return {status = "Progressing", message = "Firebreak has not said whether it is Ready"}
end
if holds("Stalled") then
  return says("Degraded", is.Stalled)
end
if holds("Reconciling") then
  return says("Progressing", is.Reconciling)
end
if is.Ready.status == "True" or waiting[is.Ready.reason] then
  return says("Healthy", is.Ready)
end
if is.Ready.reason == "EmergencyStop" then
  return says("Suspended", is.Ready)
end
return says("Progressing", is.Ready)
