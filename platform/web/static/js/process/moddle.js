// What our extension elements hold, for the modeler: it writes them and keeps what it does not know.

const attribute = (name) => ({ name, isAttr: true, type: "String" });
const inside = { name: "more", isMany: true, type: "Element" };       // whatever else stands in it is kept
const type = (name, attributes, more = [inside]) => ({ name, superClass: ["Element"], properties: [...attributes.map(attribute), ...more] });
const parameters = { name: "parameters", isMany: true, type: "Param" };

export const formloom = {
  name: "Formloom", prefix: "formloom", uri: "https://formloom.org/bpmn/1.0", xml: { tagAlias: "lowerCase" }, associations: [],
  types: [
    type("Label", ["en", "zh"]),
    type("Binding", ["entity"]),
    type("Trigger", ["on", "action", "when", "every", "missed", "message", "for-each", "level", "at"]),
    type("Assignment", ["assignee", "role", "users", "due", "roles", "line", "line-until", "head", "fallback"]),
    type("Approval", ["mode", "order", "needed", "weight", "self", "return", "resume", "forbid"]),
    type("Field", ["name", "access", "revise"]),
    type("Outcome", ["value", "label", "label-zh", "tone", "comment"]),
    type("Param", ["name"], [{ name: "value", isBody: true, type: "String" }]),
    type("Action", ["name"], [parameters]),
    type("Decision", ["ref", "result"], [parameters]),
    type("Correlation", ["key"]),
    type("Loop", ["items", "item"]),
    type("Input", ["name"]),
    type("Withdraw", ["while"], [parameters]),
    type("Cycle", ["missed"]),
  ],
};

// Which of them stand where; what an element leaves behind when it becomes another kind is dropped.
const PERSON = ["Assignment", "Approval", "Field", "Outcome", "Label"];
const PLACES = {
  "bpmn:UserTask": PERSON, "bpmn:ManualTask": PERSON, "bpmn:Task": PERSON, "bpmn:ServiceTask": ["Action", "Label"],
  "bpmn:SendTask": ["Action", "Param", "Correlation", "Label"], "bpmn:ReceiveTask": ["Correlation", "Label"],
  "bpmn:BusinessRuleTask": ["Decision", "Label"], "bpmn:CallActivity": ["Param", "Label"],
};
const ELSEWHERE = { Task: ["Label"], Event: ["Correlation", "Param", "Cycle", "Label"], Gateway: ["Label"] };
const allowed = (kind) => PLACES[kind] ?? Object.entries(ELSEWHERE).find(([ending]) => kind.endsWith(ending))?.[1];
export const belongs = (part, kind) => !part.$type.startsWith("formloom:") || !allowed(kind) || allowed(kind).includes(part.$type.slice(9));
