// The dialog in which a person is reported, during the call or after it.

import { post } from './api.js';
import { element, say } from './dom.js';
import { REASONS, wordsFor } from './words.js';

/** `whom()` gives the ids of the call; `done(text)` hears how it went. */
export function offerReports({ tokens, whom, done }) {
  const dialog = element('report');
  let reported;
  for (const [value, name] of Object.entries(REASONS)) element('reasons').append(choice(value, name));
  element('report-open').addEventListener('click', () => {
    element('report-form').reset();
    say(element('report-fault'), '');
    // The person reported is the one who was there when it was opened, whoever comes next.
    reported = whom();
    dialog.showModal();
  });
  element('report-cancel').addEventListener('click', () => dialog.close());
  element('report-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const comment = element('comment').value.trim();
    const body = { reportedPeerId: reported.peerId, sessionId: reported.sessionId, reason: given.get('reason') ?? '' };
    if (comment !== '') body.comment = comment;
    try {
      await post('/reports', body, await tokens.get());
      dialog.close();
      done('Thank you. A moderator will look at it.');
    } catch (refusal) {
      say(element('report-fault'), wordsFor(refusal.code));
    }
  });
}

function choice(value, name) {
  const label = document.createElement('label');
  const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'reason', value });
  label.append(input, name);
  return label;
}
