// The few things that every part of the page does with its elements.

/** The element with this id. */
export const element = (id) => document.getElementById(id);

/** Sets an element's text, and leaves it alone when it is the same: a live region would say it again. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
