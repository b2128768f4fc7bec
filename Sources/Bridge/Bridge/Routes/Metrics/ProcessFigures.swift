import Glibc

/// What the kernel knows of this process (proc(5)). A figure that cannot be read is nil.
struct ProcessFigures: Sendable {
  var residentBytes: Int64?
  var virtualBytes: Int64?
  var openDescriptors: Int?
  var maximumDescriptors: Int64?
  /// User and system time together.
  var cpuSeconds: Double?
  /// On the wall clock, since the epoch.
  var startSeconds: Double?

  /// Reads them now. None of it touches a disk.
  static func current() -> ProcessFigures {
    var figures = ProcessFigures()
    if let stat = text(of: "/proc/self/stat") { figures.read(stat: stat) }
    if let start = figures.startSeconds {
      figures.startSeconds = bootSeconds().map { $0 + start }
    }
    figures.openDescriptors = countOpenDescriptors()
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      figures.maximumDescriptors = Int64(clamping: limit.rlim_cur)
    }
    return figures
  }

  /// The fields of `/proc/self/stat`, counted from 1. The name in parentheses may hold anything, so
  /// what follows its end is counted: the first there is field 3. The start is told in time since
  /// the machine's.
  mutating func read(stat text: String) {
    guard let end = text.lastIndex(of: ")") else { return }
    let fields = text[text.index(after: end)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
    func field(_ number: Int) -> Int64? {
      fields.indices.contains(number - 3) ? Int64(fields[number - 3]) : nil
    }
    let ticks = Double(sysconf(CInt(_SC_CLK_TCK)))
    if let user = field(14), let system = field(15) { cpuSeconds = Double(user + system) / ticks }
    startSeconds = field(22).map { Double($0) / ticks }
    virtualBytes = field(23)
    residentBytes = field(24).map { $0 * Int64(sysconf(CInt(_SC_PAGESIZE))) }
  }

  private static func bootSeconds() -> Double? {
    text(of: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
      .flatMap { Double($0.dropFirst("btime ".count)) }
  }

  private static func countOpenDescriptors() -> Int? {
    guard let listing = opendir("/proc/self/fd") else { return nil }
    defer { closedir(listing) }
    var count = 0
    while let entry = readdir(listing) {
      if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    // The listing itself is one of them.
    return count - 1
  }

  private static func text(of path: String) -> String? {
    guard let file = try? FileContents.read(path) else { return nil }
    return String(decoding: file.bytes, as: UTF8.self)
  }
}
