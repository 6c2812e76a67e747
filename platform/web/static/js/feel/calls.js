// Functions: written in FEEL, built in, and called.

import { BUILTINS, call } from "./builtins.js";
import { NODES, value } from "./tree.js";
import { converted } from "./types.js";
import { Func } from "./values.js";

NODES.Function = (node, scope) => {
  const names = node.parameters.map((parameter) => parameter.name);
  const types = node.parameters.map((parameter) => parameter.type);
  const body = (values) => {
    const given = values.map((each, index) => converted(each, types[index]));
    if (given.includes(undefined)) return null;
    return value(node.body, scope.with(Object.fromEntries(names.map((name, index) => [name, given[index]]))));
  };
  return new Func(names, body, types);
};

NODES.External = () => null;

// In the order of the parameters; null where they are others.
function ordered(func, given, values) {
  if (!given.some((argument) => argument.name)) return func.parameters && values.length !== func.parameters.length ? null : values;
  if (!func.parameters || given.length !== func.parameters.length) return null;
  const places = func.parameters.map((parameter) => given.findIndex((argument) => argument.name === parameter));
  return places.includes(-1) ? null : places.map((place) => values[place]);
}

NODES.Call = (node, scope) => {
  const values = node.arguments.map((argument) => value(argument.value, scope));
  const { builtin } = node.function;
  const found = node.function.node === "Name" ? scope.find(node.function.name) : value(node.function, scope);
  if (!(found instanceof Func)) {
    // The server has put named arguments in order; what still has a name is none of them.
    return builtin && Object.hasOwn(BUILTINS, builtin) && !node.arguments.some((argument) => argument.name) ? call(builtin, scope.run, values) : null;
  }
  const given = ordered(found, node.arguments, values);
  return given && scope.run.invoke(found, given);
};
