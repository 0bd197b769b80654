import Glibc

/// Does one of the pure steps in a request's way so many times, for whoever counts its instructions.
@main
struct Micro {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let step = Step(rawValue: arguments[1]), let count = Int(arguments[2]) else {
            print("usage: micro \(Step.allCases.map(\.rawValue).joined(separator: "|")) COUNT")
            exit(64)
        }
        guard step.perform(count) else {
            print("micro: \(step.rawValue) did not do what it should")
            exit(1)
        }
    }
}
