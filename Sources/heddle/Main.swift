import ArgumentParser
import HeddleCommands

@main
struct Main {
    static func main() async {
        await HeddleCommand.main()
    }
}
