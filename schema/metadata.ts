import { map, optional } from "./settings";
import { labelText, qualifiedName, text } from "./values";

/* The metadata that a user can give an object. */

export const labels = (description: string) => optional(map(qualifiedName(), labelText()), description);

export const annotations = (description: string) => optional(map(qualifiedName(), text()), description);
