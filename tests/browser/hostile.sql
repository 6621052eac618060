-- Names that try to be more than names.
UPDATE run SET title = '</title></script><script>alert(1)</script>', question = '"><img src=x onerror=alert(1)>',
    scenario_text = '</pre></script><script>alert(2)</script>', command = '<b onclick=alert(3)>';
UPDATE cloud SET name = '''); DROP TABLE run; --' || char(8238) || '</script><script>alert(4)</script>' || position, rules = '<i>';
UPDATE point SET label = 'p' || position || '" onmouseover="alert(5)' || replace(hex(zeroblob(5000)), '0', 'x');
UPDATE incident_mark SET name = '<svg onload=alert(6)>' || name;
UPDATE target SET name = '<a href=javascript:alert(7)>', source = '</td><script>', reason = '&lt;script&gt;';
UPDATE evidence SET source = '<iframe srcdoc=x>' || path;
UPDATE part SET name = '<b>"''</script><script>alert(8)</script>' || name;
