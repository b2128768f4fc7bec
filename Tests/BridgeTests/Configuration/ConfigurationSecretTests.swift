import Bridge
import Glibc
import Testing

@Suite("Configuration: secrets stay secret")
struct ConfigurationSecretTests {
  private static let keyFile = """
    [[wallet]]
    name = "main"
    url = "http://a"
    invoice_key_file = "key"
    """

  @Test("Whatever prints a secret prints asterisks")
  func printsAsterisks() throws {
    let secret = Secret("s3cr3t")
    var dumped = ""
    dump(secret, to: &dumped)
    dump([secret], to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
      #expect(text.contains("***") && !text.contains("s3cr3t"), "\(text)")
    }
    let configuration = try load(
      wallet, environment: ["WALLETWIRE_ACCESS_TOKEN": "s3cr3t-token-of-length"])
    var everything = "\(configuration) \(String(reflecting: configuration))"
    dump(configuration, to: &everything)
    everything += configuration.effectiveJSON
    #expect(
      !everything.contains("0123456789abcdef") && !everything.contains("s3cr3t-token-of-length"))
    #expect(everything.contains("***"))
  }

  @Test("A key file holds the key, blanks and line ends around it aside")
  func readsKeyFile() throws {
    let configuration = try load(Self.keyFile, files: FakeFiles(["key": " \tabc_-9\r\n\n"]))
    #expect(configuration.wallets[0].invoiceKey.revealed == "abc_-9")
  }

  @Test(
    "A key that is not plain is refused and not repeated",
    arguments: ["s3cr3t key", "s3cr3t\nX: y", "s3cr3t/x", "s3cr3té", "", " ", "s3cr3t?"])
  func refusesKeys(_ key: String) throws {
    let fromFile = try #require(mistake(Self.keyFile, files: FakeFiles(["key": key])))
    #expect(
      fromFile.contains("walletwire.toml:4: [[wallet]] \"main\" invoice_key_file: key must hold"))
    let environment = ["WALLETWIRE_LNBITS_URL": "http://a", "WALLETWIRE_INVOICE_KEY": key]
    let fromVariable = try #require(mistake(environment: environment))
    #expect(!(fromFile + fromVariable).contains("s3cr3t"))
  }

  @Test(
    "A token that could be guessed is refused with the remedy, an empty file's too, and not repeated"
  )
  func refusesShortTokens() throws {
    let file = "[server]\naccess_token_file = \"token\"\n"
    for token in ["1", "s3cr3t", "fifteen-bytes-s", " fifteen-bytes-s \n", ""] {
      let fromFile = try #require(mistake(file, files: FakeFiles(["token": token])))
      #expect(fromFile.contains("access_token_file: token must hold"))
      #expect(fromFile.contains("at least 16") && fromFile.contains("openssl rand"))
      guard !token.isEmpty else { continue }
      let fromVariable = try #require(mistake(environment: ["WALLETWIRE_ACCESS_TOKEN": token]))
      #expect(fromVariable.contains("at least 16") && fromVariable.contains("openssl rand"))
      #expect(!(fromFile + fromVariable).contains("s3cr3t"))
      #expect(!(fromFile + fromVariable).contains("fifteen"))
    }
    let sixteen = "sixteen-bytes-ok"
    let configuration = try load(file, files: FakeFiles(["token": "\(sixteen)\n"]))
    #expect(configuration.server.accessToken?.revealed == sixteen)
  }

  @Test(
    "A URL with a password is refused and not repeated",
    arguments: ["https://me:s3cr3t@a", "https://a/?key=s3cr3t", "https://a/#s3cr3t"])
  func refusesURLs(_ url: String) throws {
    let environment = ["WALLETWIRE_LNBITS_URL": url, "WALLETWIRE_INVOICE_KEY": "k"]
    let line = try #require(mistake(environment: environment))
    #expect(line.contains("without user, query and fragment") && !line.contains("s3cr3t"))
  }

  @Test("A key file that others can read is refused, with the remedy")
  func refusesOpenFiles() {
    var files = FakeFiles()
    files.files["key"] = FileContents(bytes: Array("abc".utf8), isOpenToOthers: true)
    #expect(mistake(Self.keyFile, files: files)?.contains("chmod 600 key") == true)
  }

  @Test("A key file that is missing, or cannot be read")
  func refusesMissingFiles() {
    var files = FakeFiles()
    #expect(mistake(Self.keyFile)?.contains("key does not exist") == true)
    files.unreadable = ["key"]
    #expect(mistake(Self.keyFile, files: files)?.contains("Permission denied") == true)
  }

  @Test("A key is replaced by replacing its file")
  func readsKeyAgain() throws {
    let old = try load(Self.keyFile, files: FakeFiles(["key": "old"])).wallets[0]
    #expect(try old.readingKeyAgain(FakeFiles(["key": "new"]).read).invoiceKey.revealed == "new")
    #expect(throws: ConfigurationError.self) { try old.readingKeyAgain(FakeFiles().read) }
    let inline = try load(wallet).wallets[0]
    #expect(try inline.readingKeyAgain(FakeFiles().read) == inline)
  }

  @Test("On the disk, only what others can get to is open to others")
  func looksAtTheDisk() throws {
    var template = Array("/tmp/walletwire-keys-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    let path = "\(folder)/key"
    defer {
      unlink(path)
      rmdir(folder)
    }
    let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
    try #require(descriptor >= 0)
    #expect(write(descriptor, "abc\n", 4) == 4)
    close(descriptor)

    #expect(try FileContents.read(path) == FileContents(bytes: Array("abc\n".utf8)))
    chmod(path, 0o644)
    #expect(try FileContents.read(path)?.isOpenToOthers == false, "the folder is ours alone")
    chmod(folder, 0o755)
    #expect(try FileContents.read(path)?.isOpenToOthers == true)
    chmod(path, 0o640)
    #expect(try FileContents.read(path)?.isOpenToOthers == true, "a group is others too")
    chmod(path, 0o600)
    #expect(try FileContents.read(path)?.isOpenToOthers == false)
    #expect(try FileContents.read("\(folder)/none") == nil)
    #expect(throws: FileReadError.self) { try FileContents.read(folder) }
  }
}
