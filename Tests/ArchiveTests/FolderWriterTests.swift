import Foundation
import Glibc
import Testing

@testable import Archive

@Suite("The folder that is unpacked into")
struct FolderWriterTests {
    private static let entry = Array("entry".utf8)
    private static let archive = Tar.file("a/b", "1") + Tar.end

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    @Test("has to be there, be a folder and be empty, and is left alone otherwise")
    func unfit() throws {
        try ArchiveScratch.with { scratch in
            try scratch.write(Self.archive)
            try link(scratch.path + "/link", to: scratch.target)
            defer { try? FileManager.default.removeItem(atPath: scratch.path + "/link") }
            let unpacker = ArchiveUnpacker()
            for folder in ["/nowhere", "/archive", "/link", ""] {
                let error = #expect(throws: ArchiveError.self) {
                    try unpacker.unpack(scratch.archive, into: scratch.path + folder)
                }
                #expect(error?.reason == .writeFailed)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.target) == [])
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).count == 4)
        }
    }

    @Test("gets nothing through a link that somebody puts in the place of a folder")
    func replacedFolder() throws {
        try ArchiveScratch.with { scratch in
            let writer = try FolderWriter(scratch.target)
            try writer.createFile(["a", "first"], known: 0, isExecutable: false, entry: Self.entry)
            try writer.closeFile(entry: Self.entry)
            try writer.makeFolder(["b"], known: 0, entry: Self.entry)
            try FileManager.default.removeItem(atPath: scratch.target + "/a")
            try link(scratch.target + "/a", to: scratch.path)
            let error = #expect(throws: ArchiveError.self) {
                try writer.createFile(["a", "evil"], known: 1, isExecutable: false, entry: Self.entry)
            }
            #expect(error?.reason == .writeFailed)
            writer.clear()
            try scratch.expectEmpty()
        }
    }

    @Test("gets nothing through a link that somebody puts in the place of a file")
    func replacedFile() throws {
        try ArchiveScratch.with { scratch in
            let writer = try FolderWriter(scratch.target)
            for name in ["evil", "sentinel"] {
                try link(scratch.target + "/" + name, to: "../" + name)
                let error = #expect(throws: ArchiveError.self) {
                    try writer.createFile([name], known: 0, isExecutable: false, entry: Self.entry)
                }
                #expect(error?.reason == .writeFailed)
            }
            writer.clear()
            try scratch.expectEmpty()
        }
    }

    @Test("is emptied without following links and whatever the names are")
    func clear() throws {
        try ArchiveScratch.with { scratch in
            let writer = try FolderWriter(scratch.target)
            let deep = scratch.target + "/" + Array(repeating: "d", count: 100).joined(separator: "/")
            try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
            try link(deep + "/up", to: scratch.path)
            try link(scratch.target + "/sentinel", to: "../sentinel")
            #expect(mkfifo(scratch.target + "/pipe", 0o600) == 0)
            let odd: [CChar] = Array("\(scratch.target)/".utf8CString.dropLast()) + [-1, -2, 0]
            #expect(mkdir(odd, 0o700) == 0)
            writer.clear()
            try scratch.expectEmpty()
        }
    }

    @Test("gets the same modes whatever the mask of the process is")
    func mask() throws {
        try ArchiveScratch.with { scratch in
            let before = umask(0o077)
            defer { umask(before) }
            let tree = try scratch.unpack(Tar.file("a/b", "1") + Tar.file("c", "2", mode: "0000700") + Tar.end)
            #expect(tree == ["a": .folder, "a/b": .file("1"), "c": .file("2", isExecutable: true)])
        }
    }

    @Test("gets what an open file holds, whose position stays")
    func descriptor() throws {
        try ArchiveScratch.with { scratch in
            try scratch.write(Self.archive)
            let descriptor = open(scratch.archive, O_RDONLY | O_CLOEXEC)
            defer { close(descriptor) }
            #expect(lseek(descriptor, 7, SEEK_SET) == 7)
            let unpacker = ArchiveUnpacker()
            #expect(try unpacker.list(descriptor: descriptor).map(\.path) == ["a/b"])
            let contents = try unpacker.unpack(descriptor: descriptor, into: scratch.target)
            #expect(contents == ArchiveContents(files: 1, folders: 1, bytes: 1, commonRoot: "a"))
            #expect(lseek(descriptor, 0, SEEK_CUR) == 7)
        }
    }

    @Test("stays empty when the archive cannot be read")
    func unreadable() throws {
        try ArchiveScratch.with { scratch in
            #expect(mkfifo(scratch.archive, 0o600) == 0)
            #expect(try scratch.refusal()?.reason == .readFailed)
            try FileManager.default.removeItem(atPath: scratch.archive)
            #expect(try scratch.refusal()?.reason == .readFailed)
            try FileManager.default.createDirectory(atPath: scratch.archive, withIntermediateDirectories: false)
            #expect(try scratch.refusal()?.reason == .readFailed)
            let error = #expect(throws: ArchiveError.self) { try ArchiveUnpacker().list(descriptor: -1) }
            #expect(error?.reason == .readFailed)
        }
    }
}
