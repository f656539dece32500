// IO
