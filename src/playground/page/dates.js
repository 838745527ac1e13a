/* Says Slack dates, which the server says in UTC, in the reader's own zone and language. */

const zoned = (options) => (date) => date.toLocaleString(undefined, options);
const time = zoned({ hour: '2-digit', minute: '2-digit' });
const DATE_PARTS = {
  time,
  time_secs: zoned({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  date_num: (date) =>
    [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-'),
  date_slash: zoned({ year: 'numeric', month: '2-digit', day: '2-digit' }),
  date: zoned({ year: 'numeric', month: 'long', day: 'numeric' }),
  date_short: zoned({ year: 'numeric', month: 'short', day: 'numeric' }),
  date_long: zoned({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }),
  date_pretty: (date) => pretty(date, DATE_PARTS.date),
  date_short_pretty: (date) => pretty(date, DATE_PARTS.date_short),
  date_long_pretty: (date) => pretty(date, DATE_PARTS.date_long),
  ago: (date) => ago(date),
};

function pretty(date, otherwise) {
  const midnight = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const days = Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);
  return { '-1': 'tomorrow', 0: 'today', 1: 'yesterday' }[days] ?? otherwise(date);
}

function ago(date) {
  const seconds = Math.round((date.getTime() - Date.now()) / 1000);
  const units = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}

export function sayDates(root) {
  for (const element of root.querySelectorAll('time[data-format]')) {
    const date = new Date(element.dateTime);
    element.textContent = element.dataset.format.replace(/\{(\w+)\}/g, (token, name) => {
      const say = DATE_PARTS[name];
      return say === undefined ? token : say(date);
    });
    element.title = date.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
  }
}
