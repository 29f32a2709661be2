import DynamicLibrary
import Testing

@Suite struct DynamicLibraryTests {
    @Test func findsASymbol() throws {
        let library = try DynamicLibrary(path: "libm.so.6")
        typealias Function = @convention(c) (Double) -> Double
        #expect(unsafeBitCast(try library.symbol(named: "fabs"), to: Function.self)(-2) == 2)
    }

    @Test func aMissingSymbolIsNamed() throws {
        let library = try DynamicLibrary(path: "libm.so.6")
        #expect(throws: DynamicLibraryError.missingSymbol(name: "no_such_symbol", path: "libm.so.6")) {
            try library.symbol(named: "no_such_symbol")
        }
    }

    @Test func aNativeThatIsNotBuiltSaysWhereAndHow() throws {
        let error = #expect(throws: DynamicLibraryError.self) { try DynamicLibrary.native("no_such_native") }
        let text = try #require(error).description
        #expect(text.contains("libno_such_native.so"))
        #expect(text.contains("make native"))
        #expect(DynamicLibrary.nativeDirectories.allSatisfy(text.contains))
    }

    @Test func looksBesideTheExecutableFirstAndInItsBuildFolder() throws {
        let executable = try #require(DynamicLibrary.executablePath)
        let folder = try #require(executable.lastIndex(of: "/").map { String(executable[..<$0]) })
        let directories = DynamicLibrary.nativeDirectories
        #expect(directories.contains(folder))
        #expect(directories.contains { $0.hasSuffix("/.build/native") })
    }
}
