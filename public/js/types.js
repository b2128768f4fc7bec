// @ts-check
// The words that the modules share. Nothing here runs.

/**
 * What the bridge serves (docs: HTTP). Times are RFC 3339 in UTC, amounts whole millisatoshi; a double
 * carries them exactly up to 90 071 BTC.
 *
 * @typedef {'disconnected'|'connecting'|'connected'|'reconnecting'|'error'|'failed'} SourceState
 *
 * @typedef {object} Balance
 * @property {string} wallet
 * @property {string} label
 * @property {number|null} balance_msat null while never confirmed
 * @property {string|null} confirmed_at
 * @property {string|null} [changed_at]
 * @property {number} [pending_outgoing_msat]
 * @property {SourceState} state
 * @property {boolean} stale
 * @property {string} [last_event_id]
 *
 * @typedef {object} BalanceChange
 * @property {string} wallet
 * @property {number} balance_msat
 * @property {number} change_msat
 * @property {string} cause
 * @property {string} confirmed_at
 *
 * @typedef {object} Payment
 * @property {string} wallet
 * @property {string} payment_id
 * @property {string} [payment_hash]
 * @property {'incoming'|'outgoing'} direction
 * @property {'pending'|'settled'|'failed'} status
 * @property {number} amount_msat never negative
 * @property {number} fee_msat never negative
 * @property {string|null} memo
 * @property {string|null} [tag]
 * @property {string|null} [comment]
 * @property {number|string|null} [fiat_amount]
 * @property {string|null} [fiat_currency]
 * @property {string} [created_at]
 * @property {string|null} settled_at
 * @property {string} observed_at
 * @property {boolean} late
 *
 * @typedef {object} Source one entry of `sources`; a `status` event carries the first few keys only
 * @property {string} name
 * @property {'lnbits'|'cashu'|string} [kind]
 * @property {SourceState} state
 * @property {string} [label]
 * @property {string|null} reason
 * @property {string} [delivery]
 * @property {string|null} [next_retry_at]
 * @property {string} [since]
 *
 * @typedef {object} Status
 * @property {string} version
 * @property {string} started_at
 * @property {number} uptime_seconds
 * @property {number} subscribers
 * @property {string} last_event_id
 * @property {Source[]} sources
 *
 * @typedef {object} Snapshot
 * @property {Balance[]} balances
 * @property {Source[]} sources
 * @property {string} last_event_id
 *
 * @typedef {object} Watch what is followed at a mint, without its secret
 * @property {string} handle
 * @property {string} mint
 * @property {string} kind
 * @property {string} state
 * @property {number|null} [amount] in `unit`; null until the mint has told it
 * @property {string|null} [unit]
 * @property {string|null} [expiry]
 * @property {string|null} [observed_at] when its state was first seen; null before the mint's first word
 * @property {string} [via] the path that saw the last change
 *
 * @typedef {object} HistoryRow
 * @property {string} start
 * @property {number} incoming_msat
 * @property {number} outgoing_msat
 * @property {number} fee_msat
 * @property {number} count
 * @property {number|null} closing_balance_msat
 *
 * @typedef {object} PaymentPage
 * @property {Payment[]} payments newest first
 * @property {string|null} next_before
 */

/**
 * What the page keeps.
 *
 * @typedef {'sat'|'BTC'|'msat'} Unit
 *
 * @typedef {'opening'|'open'|'lost'|'asleep'} LinkState how the page stands with the bridge
 *
 * @typedef {object} Row
 * @property {string} key wallet and payment id
 * @property {Payment} payment
 * @property {boolean} arrived it came in while the page was open
 *
 * @typedef {object} List
 * @property {Row[]} rows
 * @property {string|null} nextBefore
 * @property {boolean} read whether its first page has come
 *
 * @typedef {{direction: ''|'incoming'|'outgoing', q: string}} Filter
 *
 * @typedef {object} SourceView
 * @property {Source} source
 * @property {number|null} downSince milliseconds; when it was last seen to leave `connected`
 * @property {number} heard the turn in which its state was last heard of
 *
 * @typedef {object} WatchView
 * @property {Watch} watch
 * @property {string[]} steps the states it went through before this page's eyes, the present one last
 *
 * @typedef {object} State
 * @property {{state: LinkState, since: number}} link
 * @property {boolean} answering false once a request to the bridge has gone unanswered
 * @property {boolean} unauthorised
 * @property {boolean} loaded the balances have been read once
 * @property {Balance[]} wallets
 * @property {Record<string, string>} balanceIds the id of the event that each balance stands at
 * @property {Record<string, SourceView>} sources
 * @property {string|null} chosen
 * @property {Record<string, List>} lists by wallet, unfiltered
 * @property {Filter} filter
 * @property {List|null} found what the filter finds; null without a filter or before the answer
 * @property {string|null} heardId the id of the last event heard
 * @property {number} turn counts what is heard of sources' states, to tell which answers were overtaken
 * @property {{wallet: string, rows: HistoryRow[]}|null} history the last day of a wallet, by the hour
 * @property {WatchView[]} watches newest first
 * @property {number} watchTurn counts their changes, to tell which answers were overtaken
 * @property {Status|null} status the last full status, for the diagnostics
 *
 * @typedef {{kind: 'link', link: LinkState, lastId: string|null}} LinkMessage
 * @typedef {{kind: 'event', name: string, id: string|null, data: any, replayed: boolean}} EventMessage
 * @typedef {LinkMessage|EventMessage} StreamMessage what the stream tells a page
 */

export {};
