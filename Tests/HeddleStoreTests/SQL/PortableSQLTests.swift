import Testing

@testable import HeddleStore

@Suite("Portable SQL")
struct PortableSQLTests {
    @Test(
        "is rewritten for SQLite",
        arguments: [
            ("SELECT $1", "SELECT ?1", 1),
            ("SELECT $2, $1, $2", "SELECT ?2, ?1, ?2", 2),
            ("SELECT $10,$1,$2,$3,$4,$5,$6,$7,$8,$9", "SELECT ?10,?1,?2,?3,?4,?5,?6,?7,?8,?9", 10),
            ("SELECT '$1', \"$1\", $1", "SELECT '$1', \"$1\", ?1", 1),
            ("SELECT 'a''$1', $1", "SELECT 'a''$1', ?1", 1),
            ("SELECT \"a\"\"$1\", $1", "SELECT \"a\"\"$1\", ?1", 1),
            ("SELECT 1 -- $1 '\n+ $1", "SELECT 1 -- $1 '\n+ ?1", 1),
            ("SELECT 1 -- $1", "SELECT 1 -- $1", 0),
            ("SELECT /* $1 ' \" -- */ $1", "SELECT /* $1 ' \" -- */ ?1", 1),
            ("SELECT /**/ $1 /***/", "SELECT /**/ ?1 /***/", 1),
            ("SELECT a$1 FROM t WHERE b=$1", "SELECT a$1 FROM t WHERE b=?1", 1),
            ("SELECT 3-$1-1/$1", "SELECT 3-?1-1/?1", 1),
            ("SELECT é, '日本', $1", "SELECT é, '日本', ?1", 1),
        ]
    )
    func rewriting(
        text: String,
        expected: String,
        count: Int
    ) throws {
        let sql = try PortableSQL(text)
        #expect(sql.sqlite == expected)
        #expect(sql.parameterCount == count)
        #expect(sql.keyword == "SELECT")
    }

    @Test(
        "names its faults",
        arguments: [
            ("", .empty), (" -- a", .empty), ("SELECT 'a", .unterminated), ("SELECT \"a", .unterminated),
            ("SELECT /* a", .unterminated), ("SELECT /* /* */ */ 1", .nestedComment), ("SELECT ?", .unportable("?")),
            ("SELECT ?1", .unportable("?")), ("SELECT :a", .unportable(":")), ("SELECT @a", .unportable("@")),
            ("SELECT $a", .unportable("$")), ("SELECT $$a$$", .unportable("$")), ("SELECT a[1]", .unportable("[")),
            ("SELECT $0", .placeholderOutOfRange), ("SELECT $32767", .placeholderOutOfRange),
            ("SELECT $99999999999999999999", .placeholderOutOfRange), ("SELECT $1, $3", .unusedPlaceholder(2)),
        ] as [(String, PortableSQLFault)]
    )
    func faults(
        text: String,
        expected: PortableSQLFault
    ) {
        #expect(throws: expected) { try PortableSQL(text) }
    }

    @Test(
        "knows what belongs to the store by its first word",
        arguments: ["begin", "/* a */\nCommit", "-- a\n drop table t"]
    )
    func reserved(text: String) throws {
        #expect(try PortableSQL(text).isReserved)
    }
}
