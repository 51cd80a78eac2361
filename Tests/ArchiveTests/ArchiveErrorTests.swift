import Glibc
import Testing

@testable import Archive

@Suite("An error about an archive")
struct ArchiveErrorTests {
    @Test(
        "shows the name of the entry without what harms a terminal",
        arguments: [
            (Array("plain é 😀".utf8), "plain é 😀"), (Array("a\u{1B}[2J\n".utf8), "a\\u{1B}[2J\\u{0A}"),
            ([0x61, 0xFF, 0xC0, 0xAF], "a\\xFF\\xC0\\xAF"), ([0xE2, 0x82], "\\xE2\\x82"),
            (Array("\u{202E}txt\u{2028}\u{85}".utf8), "\\u{202E}txt\\u{2028}\\u{85}"), ([], ""),
        ]
    )
    func shown(_ name: [UInt8], _ expected: String) {
        let error = ArchiveError(.unsafePath, entry: name, "is wrong")
        #expect(error.entry == expected)
        #expect(error.message == "the entry \"\(expected)\" is wrong")
        #expect("\(error)" == error.message)
    }

    @Test("cuts the name at 200 bytes and between two characters", arguments: ["n", "é", "€", "😀", "\u{1}"])
    func cut(_ character: String) {
        let error = ArchiveError(.unsafePath, entry: Array(String(repeating: character, count: 300).utf8), "is wrong")
        let entry = error.entry ?? ""
        #expect((195...200).contains(entry.utf8.count))
        #expect(Set(entry).count == (character == "\u{1}" ? 6 : 1))
    }

    @Test(
        "says what the system says of a write",
        arguments: [
            (ENOSPC, .storageFull), (EDQUOT, .storageFull), (EFBIG, .tooLarge), (EIO, .writeFailed),
            (EEXIST, .writeFailed), (ELOOP, .writeFailed),
        ] as [(Int32, ArchiveError.Reason)]
    )
    func system(_ code: Int32, _ reason: ArchiveError.Reason) {
        #expect(ArchiveError(writing: Array("a".utf8), errno: code).reason == reason)
        #expect(ArchiveError(writing: nil, errno: code).entry == nil)
    }
}
