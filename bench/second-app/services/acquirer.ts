import { serve } from '../http.ts';
import { takes } from '../process.ts';

/** The bank's door, behind the tills. */
serve({
  async 'POST /authorisations'() {
    await takes(12);
    return { status: 200, body: { authorised: true } };
  },
});
