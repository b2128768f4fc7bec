import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Follower } from '../../../public/js/follower.js';
import { Switchboard } from '../../../public/js/switchboard.js';

/** Stands in for EventSource and the timers, so that every turn of a connection can be played. */
class Machinery {
  sources = [];
  timers = [];
  open = (url) => {
    const source = new FakeSource(url);
    this.sources.push(source);
    return source;
  };
  schedule = (work, ms) => {
    const timer = { work, ms };
    this.timers.push(timer);
    return timer;
  };
  cancel = (timer) => { this.timers = this.timers.filter((each) => each !== timer); };
  fire() {
    const timer = this.timers.shift();
    timer.work();
    return timer.ms;
  }
  get last() { return this.sources.at(-1); }
}

class FakeSource extends EventTarget {
  readyState = 0;
  constructor(url) { super(); this.url = new URL(url); }
  close() { this.readyState = 2; }
  opened() { this.readyState = 1; this.dispatchEvent(new Event('open')); }
  failed(readyState) { this.readyState = readyState; this.dispatchEvent(new Event('error')); }
  event(name, data, id = '') {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId: id }));
  }
}

function follow() {
  const machinery = new Machinery();
  const said = [];
  const follower = new Follower('http://h/api/v1/events', (message) => said.push(message), machinery);
  follower.start();
  return { machinery, said, follower };
}

const links = (said) => said.filter((each) => each.kind === 'link').map((each) => each.link);

test('it is open once the snapshot has come, and what follows is news', () => {
  const { machinery, said } = follow();
  assert.equal(machinery.last.url.search, '', 'nothing is known yet: live only');
  machinery.last.opened();
  machinery.last.event('payment', { n: 1 }, 'e-1');
  machinery.last.event('snapshot', {}, 'e-1');
  machinery.last.event('payment', { n: 2 }, 'e-2');
  assert.deepEqual(links(said), ['opening', 'open']);
  const payments = said.filter((each) => each.name === 'payment');
  assert.deepEqual(payments.map((each) => each.replayed), [true, false]);
});

test('after a connection is lost the browser tries again by itself, and the replay is told apart', () => {
  const { machinery, said } = follow();
  machinery.last.opened();
  machinery.last.event('snapshot', {}, 'e-1');
  machinery.last.failed(0);
  assert.equal(machinery.sources.length, 1);
  machinery.last.opened();
  machinery.last.event('payment', {}, 'e-2');
  assert.equal(said.at(-1).replayed, true);
  machinery.last.event('snapshot', {}, 'e-2');
  assert.deepEqual(links(said), ['opening', 'open', 'lost', 'open']);
});

test('where the browser gives up it opens another after the last event, waiting longer each time', () => {
  const { machinery } = follow();
  machinery.last.opened();
  machinery.last.event('snapshot', {}, 'e-7');
  const waits = [];
  for (let turn = 0; turn < 5; turn += 1) {
    machinery.last.failed(2);
    waits.push(machinery.fire());
    assert.equal(machinery.last.url.searchParams.get('since'), 'e-7');
  }
  assert.deepEqual(waits, [2000, 4000, 8000, 15_000, 15_000]);
});

test('stopping keeps the place', () => {
  const { machinery, follower } = follow();
  machinery.last.opened();
  machinery.last.event('snapshot', {}, 'e-3');
  follower.stop();
  assert.equal(machinery.last.readyState, 2);
  assert.equal(machinery.timers.length, 0);
  follower.start();
  assert.equal(machinery.last.url.searchParams.get('since'), 'e-3');
});

test('the errors of a connection that was let go are of no interest', () => {
  const { machinery, follower, said } = follow();
  const first = machinery.last;
  follower.restart();
  first.failed(2);
  assert.deepEqual(links(said), ['opening']);
  assert.equal(machinery.sources.length, 2);
});

test('a stream that never reaches its snapshot counts as lost', () => {
  const { machinery, said } = follow();
  machinery.last.opened();
  machinery.fire();
  assert.deepEqual(links(said), ['opening', 'lost']);
});

test('an event that is not JSON is passed over', () => {
  const { machinery, said } = follow();
  machinery.last.dispatchEvent(new MessageEvent('payment', { data: '{' }));
  assert.deepEqual(links(said), ['opening']);
});

test('pages share one stream, which is open while one of them can be seen', () => {
  const machinery = new Machinery();
  let now = 0;
  const board = new Switchboard('http://h/api/v1/events', machinery, () => now);
  const [one, two] = [[], []].map((said) => ({ said, postMessage: (message) => said.push(message) }));
  board.receive(one, { type: 'here', visible: true });
  board.receive(two, { type: 'here', visible: true });
  assert.equal(machinery.sources.length, 1);
  machinery.last.event('snapshot', {}, 'e-1');
  assert.equal(one.said.at(-1).link, 'open');
  assert.equal(two.said.at(-1).link, 'open');
  board.receive(one, { type: 'here', visible: false });
  assert.equal(machinery.last.readyState, 0);
  board.receive(two, { type: 'leave' });
  assert.equal(machinery.last.readyState, 2);
  assert.equal(one.said.at(-1).link, 'asleep');
  board.receive(one, { type: 'here', visible: true });
  assert.equal(machinery.sources.length, 2);
  now += 200_000;
  board.sweep();
  assert.equal(machinery.last.readyState, 2, 'a page that crashed holds no stream');
});
