// DXLink
