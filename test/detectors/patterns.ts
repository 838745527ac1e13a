import type { SpanRecord } from '../../src/model/span.ts';
import { times } from './seen.ts';

/** One pattern of the catalogue as drawn requests: those that show it and the healthy ones. */
export type Pattern = {
  readonly number: string;
  readonly suspects: readonly SpanRecord[];
  readonly baseline: readonly SpanRecord[];
  /** Services that its findings may be about. */
  readonly about: readonly string[];
};

const pattern = (number: string, about: string, now: string | readonly SpanRecord[], before: string): Pattern => ({
  number,
  suspects: typeof now === 'string' ? times(40, now, 's') : now,
  baseline: times(60, before, 'b'),
  about: about.split(' '),
});

const POSTGRES = 'db.system.name=postgresql';
const page = (own: number, gap: number, store: number) => `
web  GET /page  server  0..${own + gap + store + 30}
  web  GET  client  2..${own + gap + store + 22}  server.address=desk
    desk  GET /seat  server  ${4 + gap}..${own + gap + store + 20}
      desk  SELECT seats  client  ${6 + gap}..${store + gap + 8}  ${POSTGRES} db.query.summary="SELECT seats" server.address=pg
`;
const letter = (wait: number, work: number) => `
shop  POST /orders  server  0..40
  shop  publish letters  producer  20..21  messaging.destination.name=letters messaging.operation.type=publish
    mail  process letters  consumer  ${22 + wait}..${32 + wait + work}  messaging.destination.name=letters messaging.operation.type=process
`;
const pay = (connections: string, end = 55) => `
shop  POST /pay  server  0..${end + 5}
  shop  POST  client  5..${end}  server.address=bank
${connections}`;
const quick = pay('    shop  tls.connect  internal  5..12\n');
const pooled = (wait: number) => `
list  GET /items  server  0..${30 + wait}
  list  pg-pool.connect  internal  2..${4 + wait}
  list  SELECT items  client  ${5 + wait}..${15 + wait}  ${POSTGRES} db.query.summary="SELECT items"
`;
const loop = (n: number) => `
list  GET /items  server  0..${20 + n * 6}
${Array.from({ length: n }, (_, i) => `  list  SELECT tags  client  ${5 + i * 6}..${10 + i * 6}  ${POSTGRES} db.query.summary="SELECT tags"`).join('\n')}
`;
const answer = (marks: string, inner: string, end = 38) => `
door  GET /page  server  0..${end + 4}  ${marks}
  door  GET  client  2..${end}  server.address=desk  ${marks}
    desk  GET /seat  server  3..${end - 2}  ${inner}
`;
const ads = (end: number, marks: string) => `
shop  GET /page  server  0..${end + 48}
  shop  GET  client  2..${end}  server.address=ads url.full=http://ads/banner ${marks && '!'}
    ads  GET /banner  server  3..${end - 1}  ${marks}
`;
const attempts = (n: number) => `
door  GET /page  server  0..400
${Array.from({ length: n }, (_, i) => `  door  GET  client  ${5 + i * 60}..${55 + i * 60}  server.address=desk url.full=http://desk/seat ${i < n - 1 ? '!"reset"' : ''}\n    desk  GET /seat  server  ${6 + i * 60}..${54 + i * 60}`).join('\n')}
`;
const tried = (pause: number, first: string) => `
shop  GET /page  server  0..${80 + pause}
${first}  shop  GET  client  ${20 + pause}..${30 + pause}  server.address=ads url.full=http://ads/banner
    ads  GET /banner  server  ${21 + pause}..${29 + pause}
`;
const served = (end: number, mark: string) => `\nweb  GET /  server  0..${end}  ${mark}\n`;
const order = (step: string) => `
sales  POST /orders  server  0..60
  sales  POST  client  5..40  server.address=stock
    stock  POST /holds  server  7..38
  sales  ${step}
`;
const halves = (from: number) => `
page  GET /home  server  0..${from + 65}
  page  GET  client  5..55  server.address=news
    news  GET /news  server  6..54
  page  GET  client  ${from}..${from + 50}  server.address=mail
    mail  GET /inbox  server  ${from + 1}..${from + 49}
`;
const chain = (version: string, a: number, b: number) => `
one  GET /  server  0..${60 + a + b}  resource.service.version="${version}"
  one  GET  client  ${5 + a}..${50 + a + b}  server.address=two resource.service.version="${version}"
    two  GET /b  server  ${6 + a}..${48 + a + b}  resource.service.version="${version}"
`;
const scaled = (factor: number) => `
one  GET /  server  0..${60 * factor}
  one  GET  client  ${10 * factor}..${50 * factor}
    two  GET /b  server  ${11 * factor}..${49 * factor}
      two  GET  client  ${20 * factor}..${40 * factor}
        three  GET /c  server  ${21 * factor}..${39 * factor}
`;
const unseen = (end: number) => `
shop  POST /pay  server  0..${end + 5}
  shop  POST  client  5..${end}  server.address=bank
`;
const shelf = (miss: boolean) => `
shelf  GET /book  server  0..${miss ? 70 : 10}
  shelf  GET  client  2..4  db.system.name=redis db.operation.name=GET server.address=cache
${miss ? `  shelf  SELECT books  client  5..65  ${POSTGRES} db.namespace=stock db.query.summary="SELECT books"` : ''}
`;
const read = (user: string, rows: number) => `
desk  GET /customers  server  0..${20 + rows / 10}  user.id=${user}
  desk  SELECT customers  client  2..${15 + rows / 10}  ${POSTGRES} db.collection.name=customers db.query.summary="SELECT customers" db.response.returned_rows=${rows}
`;
/** Five requests of one process a time, begun 4 ms apart, which all go on at once, 300 ms later. */
const stopped = Array.from({ length: 8 }, (_, nth) =>
  Array.from({ length: 5 }, (_, i) =>
    times(1, served(320 + i / 2, 'resource.k8s.pod.name=p1').replace('0..', `${4 * i}..`), `s${nth}${i}`).map(
      (span) => ({
        ...span,
        start: span.start + nth * 2_000_000,
        end: span.end + nth * 2_000_000,
      }),
    ),
  ).flat(),
).flat();

/** Every number of the catalogue, in its order. */
export const PATTERNS: readonly Pattern[] = [
  pattern('D01', 'desk', page(90, 0, 5), page(5, 0, 5)),
  pattern('D02', 'mail', letter(2, 300), letter(2, 0)),
  pattern('D03', 'web desk', page(5, 90, 5), page(5, 0, 5)),
  pattern('D04', 'shop bank', pay('    shop  tls.connect  internal  5..90\n', 135), quick),
  pattern(
    'D05',
    'shop bank',
    pay('    shop  tls.connect  internal  5..405  !"hang up"\n    shop  tls.connect  internal  450..470\n', 500),
    quick,
  ),
  pattern('D06', 'list', pooled(120), pooled(0)),
  pattern('D07', 'mail', letter(400, 0), letter(2, 0)),
  pattern('D08', 'desk pg', page(5, 0, 200), page(5, 0, 5)),
  pattern('D09', 'list', loop(20), loop(2)),
  pattern('D10', 'desk', answer('! http.response.status_code=500', '!"no such column"'), answer('', '')),
  pattern('D11', 'desk', answer('! error.type=TimeoutError', '', 500), answer('', '')),
  pattern(
    'D12',
    'shop ads',
    tried(200, '  shop  GET  client  2..12  server.address=ads url.full=http://ads/banner !"reset"\n'),
    tried(0, ''),
  ),
  pattern('D13', 'door desk', attempts(4), attempts(1)),
  pattern('D14', 'ads', ads(80, '!"no banner" http.response.status_code=500'), ads(12, '')),
  pattern('D15', 'door', answer('! http.response.status_code=502', '!"no such column"'), answer('', '')),
  pattern(
    'D16',
    'web',
    [
      ...['p1', 'p2', 'p3'].flatMap((pod) => times(15, served(20, `resource.k8s.pod.name=${pod}`), pod)),
      ...times(15, served(400, 'resource.k8s.pod.name=p4'), 'p4'),
    ],
    served(20, 'resource.k8s.pod.name=p1'),
  ),
  pattern(
    'D17',
    'bank',
    served(50, '').replaceAll('web', 'bank'),
    `${served(50, '')}  web  write audit  internal  20..25\n`.replaceAll('web', 'bank'),
  ),
  pattern(
    'D18',
    'sales',
    order('GET  client  6..14  server.address=print'),
    order('GET  client  42..50  server.address=print'),
  ),
  pattern(
    'D19',
    'sales',
    order(`INSERT orders  client  6..14  ${POSTGRES} db.operation.name=INSERT`),
    order(`INSERT orders  client  42..50  ${POSTGRES} db.operation.name=INSERT`),
  ),
  pattern('D20', 'page', halves(57), halves(6)),
  pattern(
    'D21',
    'web',
    [
      ...times(40, served(20, 'feature_flag.basket=off'), 'f'),
      ...times(20, served(400, 'feature_flag.basket=on'), 'n'),
    ],
    served(20, 'feature_flag.basket=off'),
  ),
  pattern('D22', 'two', [...times(20, chain('2', 0, 60), 's'), ...times(30, chain('1', 0, 0), 'o')], chain('1', 0, 0)),
  pattern(
    'D23',
    'one two',
    [...times(20, chain('2', 40, 42), 's'), ...times(30, chain('1', 0, 0), 'o')],
    chain('1', 0, 0),
  ),
  pattern('D24', 'shop bank', unseen(900), unseen(55)),
  pattern('D25', 'one two three', scaled(1.5), scaled(1)),
  pattern('D26', 'web', stopped, served(20, 'resource.k8s.pod.name=p1')),
  pattern('D27', 'shelf cache', [...times(5, shelf(false), 'x'), ...times(35, shelf(true), 's')], shelf(false)),
  pattern(
    'D28',
    'desk',
    [...['ann', 'ben', 'cem'].flatMap((user) => times(10, read(user, 5), user)), ...times(8, read('eve', 4_000), 'e')],
    read('ann', 5),
  ),
  pattern('D29', 'door desk', answer('', '').split('\n').slice(0, 3).join('\n'), answer('', '')),
];
