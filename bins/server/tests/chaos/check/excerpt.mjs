export function excerpt() {}
