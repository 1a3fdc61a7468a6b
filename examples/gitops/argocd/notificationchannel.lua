-- What Argo CD says of a NotificationChannel: whether what there was to tell was delivered, or a person must correct something.

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

if is.Ready == nil then
  return {status = "Progressing", message = "Firebreak has not said whether it is Ready"}
end
-- The Secret, the Role or the endpoint is to be corrected: until then nobody is told.
if is.Stalled ~= nil and is.Stalled.status == "True" then
  return says("Degraded", is.Stalled)
end
if is.Ready.status == "True" then
  return says("Healthy", is.Ready)
end
-- The provider does not take messages, and is asked again.
return says("Progressing", is.Ready)
