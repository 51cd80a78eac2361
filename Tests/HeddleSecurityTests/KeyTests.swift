import Crypto
import FoundationEssentials
import HeddleModel
import HeddleTestSupport
import Testing

@testable import HeddleSecurity

@Suite("Keys of Ed25519")
struct KeyTests {
    /// RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc).
    static let vectors = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
                + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ]

    @Test("sign and verify as in RFC 8032", arguments: vectors)
    func rfc(_ secret: String, _ key: String, _ message: String, _ signature: String) throws {
        let signing = try SigningKey(secret: Base64.encode(bytes(secret)))
        #expect(signing.verifyingKey.bytes == bytes(key))
        #expect(try signing.signature(for: bytes(message)) == bytes(signature))
        #expect(signing.verifyingKey.isValid(bytes(signature), for: bytes(message)))
        #expect(!signing.verifyingKey.isValid(bytes(signature), for: bytes(message) + [0]))
    }

    @Test("take no signature that is changed in any bit, cut, or made longer")
    func changed() throws {
        let key = try #require(VerifyingKey(bytes: bytes(Self.vectors[2].1)))
        let (message, signature) = (bytes(Self.vectors[2].2), bytes(Self.vectors[2].3))
        for bit in 0..<512 {
            var other = signature
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.isValid(other, for: message), "bit \(bit)")
        }
        #expect(!key.isValid(Array(signature.dropLast()), for: message))
        #expect(!key.isValid(signature + [0], for: message))
        #expect(!key.isValid([], for: message))
    }

    @Test("take no second signature that is made from the first by adding the order of the group")
    func malleability() throws {
        let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        for vector in Self.vectors {
            var signature = bytes(vector.3)
            var carry = 0
            for index in 0..<32 {
                let sum = Int(signature[32 + index]) + Int(order[index]) + carry
                signature[32 + index] = UInt8(sum & 0xFF)
                carry = sum >> 8
            }
            #expect(carry == 0)
            let key = try #require(VerifyingKey(bytes: bytes(vector.1)))
            #expect(!key.isValid(signature, for: bytes(vector.2)))
        }
    }

    @Test(
        "are none when one signature fits any message",
        arguments: [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        ]
    )
    func smallOrder(_ text: String) throws {
        #expect(VerifyingKey(bytes: bytes(text)) == nil)
        // The library takes them: some message has this signature, which nobody made.
        let key = try Curve25519.Signing.PublicKey(rawRepresentation: bytes(text))
        let signature = [1] + [UInt8](repeating: 0, count: 63)
        #expect((0..<200).contains { key.isValidSignature(signature, for: Array("message \($0)".utf8)) })
    }

    @Test("are none in a second encoding, of another length, or in sloppy base64")
    func encodings() {
        for last in ["7f", "ff"] {
            for first in ["ed", "ee", "ff"] {
                #expect(VerifyingKey(bytes: bytes(first + String(repeating: "ff", count: 30) + last)) == nil)
            }
        }
        let key = bytes(Self.vectors[0].1)
        #expect(VerifyingKey(bytes: key) != nil)
        #expect(VerifyingKey(bytes: Array(key.dropLast())) == nil)
        #expect(VerifyingKey(bytes: key + [0]) == nil)
        #expect(VerifyingKey(Base64.encode(key))?.bytes == key)
        #expect(VerifyingKey(Base64.encode(key) + "\n") == nil)
        #expect(VerifyingKey(String(Base64.encode(key).dropLast())) == nil)
    }

    @Test("are new each time, and come back from their secret")
    func generation() throws {
        let (one, other) = (SigningKey(), SigningKey())
        #expect(one.secret != other.secret)
        #expect(try SigningKey(secret: one.secret).verifyingKey == one.verifyingKey)
        #expect(one.verifyingKey.id.count == 32)
        #expect(one.verifyingKey.id != other.verifyingKey.id)
        for secret in ["", "AAAA", one.secret + "=", String(one.secret.dropFirst())] {
            let error = #expect(throws: HeddleError.self) { try SigningKey(secret: secret) }
            #expect(error?.code == .invalidRequest)
            #expect(secret.isEmpty || error?.message.contains(secret) == false)
        }
    }

    @Test("verify what they signed and nothing else", arguments: [1, 2] as [UInt64])
    func random(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let keys = (0..<3).map { _ in SigningKey() }
        for _ in 0..<60 {
            let message = (0..<Int.random(in: 0...300, using: &random))
                .map { _ in UInt8.random(in: 0...255, using: &random) }
            let signature = try keys[0].signature(for: message)
            #expect(keys[0].verifyingKey.isValid(signature, for: message))
            #expect(!keys[1].verifyingKey.isValid(signature, for: message))
            #expect(!keys[0].verifyingKey.isValid(signature, for: message + [1]))
        }
    }
}
