// QuotewireCLI
