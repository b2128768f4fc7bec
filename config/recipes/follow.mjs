// Follows a Walletwire's event stream in Node 18 or later, without a package; comes back by event id. In a browser
// `new EventSource(url + "/api/v1/events")` does all this by itself.
//
//   node follow.mjs [URL]      WALLETWIRE_TOKEN, where a token is set

const url = process.argv[2] ?? "http://127.0.0.1:2121";
const token = process.env.WALLETWIRE_TOKEN;

async function* events() {
  let lastId = "";
  for (;;) {
    const headers = {};
    if (lastId) headers["Last-Event-ID"] = lastId;
    if (token) headers.Authorization = `Bearer ${token}`;
    try {
      const response = await fetch(`${url}/api/v1/events`, { headers });
      let rest = "";
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + text).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          // Not by a pattern: to one, U+2028 in a memo is the end of a line.
          const field = (name) =>
            block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
          lastId = field("id") ?? lastId;
          if (field("data")) yield { id: lastId, type: field("event"), data: JSON.parse(field("data")) };
        }
      }
    } catch (error) {
      console.error(`walletwire: ${error.cause?.message ?? error.message}; again in 2 s`);
    }
    await new Promise((again) => setTimeout(again, 2000));
  }
}

// A payer's words, without what would steer the terminal; the joiner is for emoji.
const visible = (text) => text.replace(/(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");

for await (const { type, data } of events()) {
  if (type === "payment" && data.status === "settled") {
    console.log(`${data.direction === "incoming" ? "+" : "-"}${data.amount_msat / 1000} sat  ${visible(data.memo)}`);
  } else if (type === "gap") {
    console.log(`events are missing after ${data.requested}: ${data.reason}`);
  }
}
