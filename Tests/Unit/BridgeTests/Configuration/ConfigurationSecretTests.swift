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
    "A token that could be guessed is refused with the remedy, not repeated; an empty file's too"
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

  @Test("A byte order mark before the secret, or before the configuration, is no part of it")
  func passesOverByteOrderMarks() throws {
    let secret = "sixteen-bytes-ok"
    let files = FakeFiles(["key": "\u{FEFF}\(secret)\n"])
    #expect(try load(Self.keyFile, files: files).wallets[0].invoiceKey.revealed == secret)
    let token = "[server]\naccess_token_file = \"key\"\n"
    #expect(try load(token, files: files).server.accessToken?.revealed == secret)
    #expect(mistake("\u{FEFF}[server]\nlisten = 1\n")?.hasPrefix("walletwire.toml:2: ") == true)
    #expect(mistake("\u{FEFF}[sever]\n")?.hasPrefix("walletwire.toml:1: sever:") == true)
    #expect(mistake(Self.keyFile, files: FakeFiles(["key": "\u{FEFF}\u{FEFF}abc"])) != nil)
  }

  @Test(
    "A secret where the path of its file belongs is not repeated",
    arguments: ["s3cr3t0123456789", "s3cr3t/0123456789+/=", "whsec_s3cr3ts3cr3ts3cr3t"])
  func refusesSecretsAsPaths(_ secret: String) throws {
    for toml in [
      "[[wallet]]\nname = \"main\"\nurl = \"http://a\"\ninvoice_key_file = \"\(secret)\"\n",
      "[server]\naccess_token_file = \"\(secret)\"\n",
    ] {
      let line = try #require(mistake(toml))
      #expect(line.contains("not the secret itself") && !line.contains("s3cr3t"), "\(line)")
    }
  }

  @Test("A secret on the wrong side of a = is not repeated")
  func refusesSecretsAsKeys() throws {
    let secret = "0123456789abcdef0123456789abcdef"
    for toml in [
      "[[wallet]]\n\(secret) = \"invoice_key\"\n", "\(secret) = 1\n", "[\(secret)]\n",
    ] {
      let line = try #require(mistake(toml))
      #expect(line.contains("***: unknown") && !line.contains("0123456789"), "\(line)")
    }
  }

  @Test(
    "A file with a secret in it that others can read is warned of",
    arguments: [
      (wallet, true), ("[server]\naccess_token = \"abcdefghijklmnop\"\n", true), (keyFile, false),
      ("[server]\naccess_token = \"\"\n", false),
    ])
  func warnsOfOpenFiles(_ toml: String, _ holdsSecret: Bool) throws {
    for isOpen in [true, false] {
      var files = FakeFiles(["key": "abc"])
      let path = Configuration.searchedFiles[0]
      files.files[path] = FileContents(bytes: Array(toml.utf8), isOpenToOthers: isOpen)
      let warnings = try load(environment: [:], files: files).warnings
      #expect(warnings.count == (holdsSecret && isOpen ? 1 : 0))
      if let warning = warnings.first { #expect(warning.hasSuffix("chmod 600 \(path)")) }
    }
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

  @Test("On the disk, a regular file is read, behind links too, and nothing else")
  func readsRegularFilesOnly() throws {
    var template = Array("/tmp/walletwire-keys-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    let paths = ["pipe", "socket", "link", "link-to-pipe", "key"].map { "\(folder)/\($0)" }
    defer {
      for path in paths { unlink(path) }
      rmdir(folder)
    }
    try #require(mkfifo(paths[0], 0o600) == 0)
    try #require(mknod(paths[1], S_IFSOCK | 0o600, 0) == 0)
    try #require(symlink("key", paths[2]) == 0 && symlink("pipe", paths[3]) == 0)
    let descriptor = open(paths[4], O_CREAT | O_WRONLY, 0o600)
    #expect(write(descriptor, "abc", 3) == 3)
    close(descriptor)
    #expect(try FileContents.read(paths[2])?.bytes == Array("abc".utf8))
    for path in [paths[0], paths[1], paths[3], folder, "/dev/zero", "/dev/null"] {
      let error = #expect(throws: FileReadError.self) { try FileContents.read(path) }
      // A socket cannot even be opened.
      #expect(error?.reason.contains(path == paths[1] ? "No such device" : "regular") == true)
    }
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
