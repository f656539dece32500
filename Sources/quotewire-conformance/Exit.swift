import Glibc

func exit(_ code: Int32) -> Never { Glibc.exit(code) }
