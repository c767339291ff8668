// The page behind the link that an old address is sent: a button, because programs that look into mail follow links.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { sendPage } from '../../../http/pages/html-page.ts';
import { isProblem, VALIDATION_ERROR } from '../../../lib/problem.ts';
import { undoContactChange } from './contact-undo.service.ts';

interface Asked {
  Querystring: { token?: string };
}

const QUESTION = {
  title: 'Undo the change',
  body: `<p>This gives your FreshBytes account back the address or number that it had, signs out everybody and voids the password.</p>
<p lang="fil">Ibabalik nito ang dating contact ng iyong FreshBytes account, mag-sa-sign out sa lahat, at aalisin ang password.</p>
<form method="post"><button>Undo / Ibalik</button></form>`,
};
const DONE = {
  title: 'The change was undone',
  body: `<p>Everybody was signed out. Choose a new password in the app now: ask for a code under "forgot my password".</p>
<p lang="fil">Na-sign out ang lahat. Pumili ngayon ng bagong password sa app: humingi ng code sa "nakalimutan ang password".</p>`,
};
const USELESS = {
  title: 'This link no longer works',
  body: `<p>It works once, for seven days after the change. Write to support if your account is not in your hands.</p>
<p lang="fil">Isang beses lang ito gumagana, sa loob ng pitong araw. Sumulat sa support kung wala na sa iyo ang iyong account.</p>`,
};

/** `/account/undo?token=`: asks first, and undoes when the button is pressed. */
export async function registerUndoPage(app: FastifyInstance): Promise<void> {
  await app.register(async (page) => {
    // A browser's form says what it is even where it is empty.
    page.addContentTypeParser('application/x-www-form-urlencoded', (_request, payload, done) => {
      payload.resume();
      done(null, undefined);
    });
    page.get('/account/undo', (_request, reply) => send(reply, QUESTION, true));
    page.post<Asked>('/account/undo', async (request, reply) => {
      try {
        await undoContactChange(request.ctx, request.query.token ?? '');
      } catch (error) {
        if (!isProblem(error, VALIDATION_ERROR)) throw error;
        return send(reply.code(400), USELESS, false);
      }
      return send(reply, DONE, false);
    });
  });
}

function send(reply: FastifyReply, page: { title: string; body: string }, hasForms: boolean) {
  return sendPage(reply, page, { cacheControl: 'no-store', hasForms });
}
