/// quotewire.conf(5).
enum ConfigurationPage {
  static var text: String {
    ManPage.head("QUOTEWIRE.CONF", 5)
      + ".SH NAME\nquotewire.conf \\- the configuration file of quotewire\n.SH SEE ALSO\n.BR quotewire (1)\n"
  }
}
