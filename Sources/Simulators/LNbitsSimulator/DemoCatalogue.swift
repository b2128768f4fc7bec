/// What a small shop sells and buys, with prices in satoshi.
struct DemoCatalogue: Sendable {
  struct Article: Sendable {
    let memo: String
    let satoshi: ClosedRange<Int64>
    /// The LNbits extension that the payment came through.
    var tag: String?
  }

  /// At the counter, many times a day.
  static let sales: [Article] = [
    Article(memo: "Espresso ☕", satoshi: 2_600...3_200, tag: "tpos"),
    Article(memo: "Flat white", satoshi: 4_100...4_900, tag: "tpos"),
    Article(memo: "Cappuccino & croissant 🥐", satoshi: 7_400...8_600, tag: "tpos"),
    Article(memo: "Table 4", satoshi: 11_000...38_000, tag: "tpos"),
    Article(memo: "Table 7, two lunches", satoshi: 31_000...46_000, tag: "tpos"),
    Article(memo: "Slice of carrot cake 🍰", satoshi: 4_800...5_600, tag: "tpos"),
    Article(memo: "Orange juice 🍊", satoshi: 4_000...4_600, tag: "tpos"),
    Article(memo: "Sourdough loaf 🍞", satoshi: 6_200...7_000, tag: "tpos"),
    Article(memo: "Tip jar ⚡", satoshi: 210...2_100, tag: "lnurlp"),
    Article(memo: "Postcards", satoshi: 1_800...2_400),
    Article(memo: "Beans, 250 g", satoshi: 12_500...14_000, tag: "tpos"),
    Article(memo: "Gift card 🎁", satoshi: 25_000...50_000),
    Article(memo: "", satoshi: 1_000...9_000),
  ]

  /// Now and then.
  static let largeSales: [Article] = [
    Article(memo: "Catering, board meeting", satoshi: 240_000...420_000),
    Article(memo: "Birthday cake, 3 tiers 🎂", satoshi: 130_000...180_000),
    Article(memo: "Barista course, two seats", satoshi: 190_000...230_000),
    Article(memo: "Used grinder", satoshi: 310_000...360_000),
  ]

  static let purchases: [Article] = [
    Article(memo: "Milk and cream", satoshi: 9_000...16_000),
    Article(memo: "Bakery, morning delivery", satoshi: 18_000...32_000),
    Article(memo: "Flowers 💐", satoshi: 7_000...11_000),
    Article(memo: "Bike courier", satoshi: 4_500...8_000),
    Article(memo: "Paper cups, 500", satoshi: 14_000...19_000),
    Article(memo: "Refund, cold soup", satoshi: 5_000...9_000),
    Article(memo: "Domain renewal", satoshi: 11_000...13_000),
  ]

  static let largePurchases: [Article] = [
    Article(memo: "Green coffee, 10 kg", satoshi: 95_000...130_000),
    Article(memo: "Espresso machine service", satoshi: 140_000...170_000),
    Article(memo: "Wages, Saturday shift", satoshi: 110_000...150_000),
  ]

  static let comments = [
    "Best coffee in town", "Merci!", "for the lovely cat 🐈", "see you tomorrow", "thank you 🙏",
  ]
}
