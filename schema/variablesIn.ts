/**
 * The variables that the value of a variable refers to as `$(NAME)`. `$$` stands for a dollar sign: `$$(NAME)` is text. A
 * value that is not known yet refers to none.
 * https://github.com/kubernetes/kubernetes/blob/v1.35.4/third_party/forked/golang/expansion/expand.go
 */
export const variablesIn = (value: unknown): string[] =>
  typeof value === "string"
    ? [...value.matchAll(/\$\$|\$\(([^)]*)\)/g)].flatMap(([, name]) => (name === undefined ? [] : [name]))
    : [];
