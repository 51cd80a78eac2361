import HeddleClient
import HeddleCommands
import JSON
import Testing

@Suite("Output for people")
struct OutputTests {
    private let table = Table(
        headings: ["NAME", "STATE", "DESCRIPTION"],
        rows: [["time", "active", "tells the time\nin many zones"], ["long-name", "error", ""]]
    )

    @Test("aligns columns and cuts nothing in a pipe")
    func pipe() {
        #expect(
            table.rendered(columns: nil) == """
                NAME       STATE   DESCRIPTION
                time       active  tells the time in many zones
                long-name  error

                """
        )
    }

    @Test("cuts the last column at the window's edge")
    func window() {
        let lines = table.rendered(columns: 36).split(separator: "\n")
        #expect(lines[1] == "time       active  tells the time...")
        #expect(lines.allSatisfy { $0.count <= 36 })
    }

    @Test("counts wide characters twice")
    func wide() {
        #expect(DisplayText.width("時間") == 4)
        #expect(DisplayText.width("é") == 1)
        #expect(DisplayText.truncated("時間時間時間", to: 8) == "時間...")
    }

    @Test("shows what a stranger's text would do to the terminal")
    func escapes() {
        #expect(DisplayText.line("a\u{1B}[2Jb\r\n") == #"a\u{1b}[2Jb\u{d}\u{a}"#)
        #expect(DisplayText.lines("a\tb\nc\rd") == "a\tb\ncd")
        #expect(DisplayText.json("{\"é\":\"a\u{9B}2J\u{202E}b\u{E0041}\"}") == #"{"é":"a\u009b2J\u202eb\udb40\udc41"}"#)
        #expect(DisplayText.line("rm\u{202E}x") == #"rm\u{202e}x"#)
        #expect(DisplayText.line("\u{9B}31m") == #"\u{9b}31m"#)
    }

    @Test("quotes a command as a shell would read it")
    func command() {
        #expect(
            DisplayText.command(["/bin/a", "-x=1", "two words", "it's", ""]) == #"/bin/a -x=1 'two words' 'it'\''s' ''"#
        )
    }

    @Test(
        "says lengths of time",
        arguments: [(950, "950 ms"), (12_000, "12 s"), (185_000, "3 min 5 s"), (7_800_000, "2 h 10 min")]
    )
    func durations(milliseconds: Int, expected: String) {
        #expect(DurationText.render(milliseconds: milliseconds) == expected)
    }

    @Test("follows a log without repeating lines")
    func tail() {
        func line(_ number: Int) -> LogLines.Line {
            LogLines.Line(time: "\(number)", stream: "stderr", instance: "i", text: "same")
        }
        var tail = LogTail(seen: [1, 2, 3].map(line))
        #expect(tail.fresh([2, 3, 4].map(line)) == [line(4)])
        #expect(tail.fresh([0, 1, 2, 3, 4, 5, 6].map(line)) == [5, 6].map(line))
        #expect(tail.fresh([0, 1, 2, 3, 4, 5, 6].map(line)).isEmpty)
        #expect(tail.fresh([8, 9].map(line)) == [8, 9].map(line))
    }
}
