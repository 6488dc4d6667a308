// Whom to meet and how: from the address (`?region=eu&language=de&relay=1`), then from the form.

import { element } from './dom.js';

const REGIONS = { global: 'Anywhere', eu: 'Europe', us: 'North America', sa: 'South America', asia: 'Asia', africa: 'Africa', oceania: 'Oceania' };
const LANGUAGES = { en: 'English', de: 'Deutsch', es: 'Español', fr: 'Français', it: 'Italiano', pt: 'Português', pl: 'Polski', uk: 'Українська', ru: 'Русский', tr: 'Türkçe', ar: 'العربية', hi: 'हिन्दी', ja: '日本語', zh: '中文' };

/** Fills the form from the address. Returns a function that reads what it says now. */
export function offerOptions(search = location.search) {
  const asked = new URLSearchParams(search);
  const region = fill(element('region'), REGIONS, asked.get('region') || 'global');
  const language = fill(element('language'), LANGUAGES, asked.get('language') || 'en');
  const relayOnly = element('relay-only');
  relayOnly.checked = asked.get('relay') === '1';
  return () => ({ region: region.value, language: language.value, relayOnly: relayOnly.checked });
}

function fill(select, choices, chosen) {
  for (const [value, name] of Object.entries(choices)) select.add(new Option(name, value));
  // Any region and language may be asked for; the list only has the usual ones.
  if (!(chosen in choices)) select.add(new Option(chosen, chosen));
  select.value = chosen;
  return select;
}
