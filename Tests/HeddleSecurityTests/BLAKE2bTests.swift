import HeddleTestSupport
import Testing

@testable import HeddleSecurity

@Suite("BLAKE2b")
struct BLAKE2bTests {
    /// The numbers of RFC 7693, appendix E.
    private static func sequence(_ count: Int, _ seed: UInt32) -> [UInt8] {
        var (one, other) = (0xDEAD_4BAD &* seed, UInt32(1))
        return (0..<count)
            .map { _ in
                (one, other) = (other, one &+ other)
                return UInt8(truncatingIfNeeded: other >> 24)
            }
    }

    @Test("gives the hash of RFC 7693, appendix A")
    func example() {
        #expect(
            BLAKE2b.hash(Array("abc".utf8))
                == bytes(
                    "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                        + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
                )
        )
    }

    @Test("passes the self-test of RFC 7693, appendix E: all lengths, with and without a key")
    func selfTest() {
        var all = BLAKE2b(length: 32)
        for length in [20, 32, 48, 64] {
            for count in [0, 3, 128, 129, 255, 1024] {
                let input = Self.sequence(count, UInt32(count))
                for key in [[], Self.sequence(length, UInt32(length))] {
                    var hash = BLAKE2b(length: length, key: key)
                    hash.update(input.span)
                    all.update(hash.finalize().span)
                }
            }
        }
        #expect(all.finalize() == bytes("c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475"))
    }

    @Test("does not depend on how the bytes are cut")
    func pieces() {
        var random = SplitMix64(seed: 1)
        let input = Self.sequence(1000, 5)
        let whole = BLAKE2b.hash(input)
        for _ in 0..<50 {
            var hash = BLAKE2b()
            var start = 0
            while start < input.count {
                let end = min(input.count, start + Int.random(in: 0...300, using: &random))
                hash.update(input[start..<end].span)
                start = end
            }
            #expect(hash.finalize() == whole)
        }
    }
}

@Suite("Base64")
struct Base64Tests {
    @Test("gives the vectors of RFC 4648, and takes them back")
    func vectors() {
        let cases = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
            "foobar": "Zm9vYmFy",
        ]
        for (plain, text) in cases {
            #expect(Base64.encode(Array(plain.utf8)) == text)
            #expect(Base64.decode(text) == Array(plain.utf8))
        }
        #expect(Base64.decode("+/+/") == [0xFB, 0xFF, 0xBF])
    }

    @Test(
        "takes no second form of a value",
        arguments: [
            "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Z", "=", "====", "Z===", "Zg==Zg==", "Zm9v\n", " Zm9v",
            "Zm-_", "Zm9vYg=a",
            "Zé9v",
        ]
    )
    func strict(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("takes back what it gives")
    func random() {
        var random = SplitMix64(seed: 2)
        for count in 0..<200 {
            let input = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64.decode(Base64.encode(input)) == input)
        }
    }
}
